/* database_bulk - rows into a table, as many at once as the driver likes */
#include "base/buf.h"
#include "store/database_inside.h"

#define BULK_BYTES ((size_t)1 << 20) /* of texts in one statement */

static struct db_statement *prepare_rows(struct database *d, struct bulk *b,
                                         unsigned rows, enum db_result *result,
                                         struct error *err)
{
    struct buf sql = {0};
    struct db_statement *s;

    buf_addf(&sql, "%s", b->into);
    for (unsigned i = 0; i < rows; i++) {
        buf_add(&sql, i == 0 ? SLICE(" (") : SLICE(", ("));
        for (size_t j = 0; j < b->columns; j++)
            buf_add(&sql, j == 0 ? SLICE("?") : SLICE(",?"));
        buf_add_byte(&sql, ')');
    }
    buf_addf(&sql, "%s", b->tail);
    buf_add_byte(&sql, '\0');
    s = d->driver->prepare(d->c, sql.ptr, result, err);
    buf_free(&sql);
    return s;
}

/* Puts those gathered from a place on into the table. */
enum db_result bulk_put(struct database *d, struct bulk *b, size_t from,
                        unsigned rows, struct error *err)
{
    struct db_statement **s = rows == 1 ? &b->one : &b->many;
    enum db_result result = DB_DONE;
    uint64_t changed = 0;

    if (*s == NULL)
        *s = prepare_rows(d, b, rows, &result, err);
    if (*s == NULL)
        return result;
    result = d->driver->run(*s, b->value + from * b->columns, rows * b->columns,
                            &changed, err);
    b->given += rows;
    b->changed += changed;
    return result;
}

enum db_result bulk_flush(struct database *d, struct bulk *b, struct error *err)
{
    enum db_result result = DB_DONE;

    if (b->rows == d->driver->rows_at_once && b->rows > 1)
        result = bulk_put(d, b, 0, d->driver->rows_at_once, err);
    else
        for (size_t i = 0; i < b->rows && result == DB_DONE; i++)
            result = bulk_put(d, b, i, 1, err);
    b->rows = b->bytes = 0;
    return result;
}

/* Where the next row's values go. */
struct db_value *bulk_next(struct bulk *b)
{
    return b->value + b->rows++ * b->columns;
}

/* Also when it is large: a server takes no packet beyond some size. */
bool bulk_is_full(const struct database *d, struct bulk *b)
{
    const struct db_value *v = b->value + (b->rows - 1) * b->columns;

    for (size_t i = 0; i < b->columns; i++)
        b->bytes += v[i].text.len;
    return b->rows == d->driver->rows_at_once || b->bytes > BULK_BYTES;
}
