-- Once, at any node: mariadb < setup.sql
-- Who harvests may make the tables, which the first run does, and fill them;
-- who asks may read. Both get their passwords by hand:
--     ALTER USER harvest IDENTIFIED BY '...';

CREATE DATABASE IF NOT EXISTS spamharvest;

CREATE USER IF NOT EXISTS harvest;
GRANT CREATE, CREATE VIEW, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE
    ON spamharvest.* TO harvest;

CREATE USER IF NOT EXISTS postmaster;
GRANT SELECT ON spamharvest.* TO postmaster;
