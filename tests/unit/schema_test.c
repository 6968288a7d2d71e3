/*
 * Databases of a version are out there, so what makes one never changes: it
 * is held against tests/schema, which shows it in the clear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/schema.h"

static void read_file(const char *name, struct buf *text)
{
    const char *source = getenv("SOURCE");
    char path[4096];
    FILE *file;
    int c;

    (void)snprintf(path, sizeof path, "%s/tests/schema/%s",
                   source == NULL ? "." : source, name);
    file = fopen(path, "r");
    assert_non_null(file);
    while ((c = getc(file)) != EOF)
        buf_add_byte(text, (char)c);
    (void)fclose(file);
}

static void check(enum dialect dialect, const char *name)
{
    struct buf all = {0}, one = {0}, wanted = {0};

    for (unsigned step = 0; step <= SCHEMA_VERSION; step++)
        for (unsigned i = 0; schema_statement(step, i, dialect, &one); i++) {
            assert_int_equal(one.ptr[one.len], '\0');
            buf_add(&all, buf_slice(&one));
            buf_add(&all, SLICE(";\n"));
        }
    for (unsigned i = 0; schema_index(i, dialect, &one); i++) {
        buf_add(&all, buf_slice(&one));
        buf_add(&all, SLICE(";\n"));
    }
    read_file(name, &wanted);
    buf_add_byte(&wanted, '\0');
    buf_add_byte(&all, '\0');
    assert_string_equal(all.ptr, wanted.ptr);
    buf_free(&all);
    buf_free(&one);
    buf_free(&wanted);
}

static void sqlite(void **state)
{
    (void)state;
    check(DIALECT_SQLITE, "sqlite.sql");
}

static void mysql(void **state)
{
    (void)state;
    check(DIALECT_MYSQL, "mysql.sql");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite),
        cmocka_unit_test(mysql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
