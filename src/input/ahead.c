/*
 * ahead - a packed file, unpacked by a thread of its own before it is read
 */
#include "input/ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PIECE_SIZE 262144
#define PIECES_LEAST 2 /* one is filled while the other is read */

struct piece {
    char *data; /* made when it is first filled */
    size_t len;
    uint64_t consumed; /* of the file, up to the piece's end */
};

/*
 * A ring: the thread fills piece filled % count, the reader takes from piece
 * taken % count. The lock guards what stands below it; a piece is the
 * thread's until filled has counted it, then the reader's until taken has.
 */
struct ahead {
    struct raw *raw;
    struct unpack *unpack;
    pthread_t thread;
    struct piece *piece;
    size_t count;

    /* The reader's */
    size_t at; /* in the piece that is taken from */
    uint64_t consumed;

    /* The thread's; the reader's once it has seen ended */
    bool failed; /* with error */
    struct error error;

    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t filled, taken; /* so far */
    bool ended;           /* nothing more comes */
    bool over;            /* nobody reads any more */
};

/* ---- the thread ---- */

/* Waits for a free piece; NULL: nobody wants it. */
static struct piece *free_piece(struct ahead *a)
{
    struct piece *p;

    (void)pthread_mutex_lock(&a->lock);
    while (a->filled - a->taken == a->count && !a->over)
        (void)pthread_cond_wait(&a->moved, &a->lock);
    p = a->over ? NULL : &a->piece[a->filled % a->count];
    (void)pthread_mutex_unlock(&a->lock);
    return p;
}

/* False: that was all, for want of more, or with a->error. */
static bool fill(struct ahead *a, struct piece *p)
{
    size_t got = 1;

    if (p->data == NULL)
        p->data = mem_resize(NULL, PIECE_SIZE, 1);
    p->len = 0;
    while (p->len < PIECE_SIZE && got > 0 && !a->failed) {
        a->failed = !unpack_read(a->unpack, p->data + p->len,
                                 PIECE_SIZE - p->len, &got, &a->error);
        p->len += a->failed ? 0 : got;
    }
    p->consumed = raw_offset(a->raw);
    return got > 0 && !a->failed;
}

static void *work(void *arg)
{
    struct ahead *a = arg;
    struct piece *p;
    bool more = true;

    while (more && (p = free_piece(a)) != NULL) {
        more = fill(a, p);
        (void)pthread_mutex_lock(&a->lock);
        a->filled += p->len > 0;
        a->ended = !more;
        (void)pthread_cond_signal(&a->moved);
        (void)pthread_mutex_unlock(&a->lock);
    }
    return NULL;
}

/* ---- the reader ---- */

static void release(struct ahead *a)
{
    (void)pthread_cond_destroy(&a->moved);
    (void)pthread_mutex_destroy(&a->lock);
    for (size_t i = 0; i < a->count; i++)
        free(a->piece[i].data);
    free(a->piece);
    free(a);
}

struct ahead *ahead_new(struct raw *raw, struct unpack *unpack, size_t room)
{
    struct ahead *a = mem_new(sizeof *a);

    a->raw = raw;
    a->unpack = unpack;
    a->count = room / PIECE_SIZE;
    if (a->count < PIECES_LEAST)
        a->count = PIECES_LEAST;
    a->piece = mem_array(a->count, sizeof *a->piece);
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->moved, NULL);
    if (pthread_create(&a->thread, NULL, work, a) == 0)
        return a;
    release(a);
    return NULL;
}

void ahead_free(struct ahead *a)
{
    if (a == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->over = true;
    (void)pthread_cond_signal(&a->moved);
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    release(a);
}

/* Waits for a piece; NULL: there is no further one. */
static struct piece *full_piece(struct ahead *a)
{
    struct piece *p;

    (void)pthread_mutex_lock(&a->lock);
    while (a->filled == a->taken && !a->ended)
        (void)pthread_cond_wait(&a->moved, &a->lock);
    p = a->filled == a->taken ? NULL : &a->piece[a->taken % a->count];
    (void)pthread_mutex_unlock(&a->lock);
    return p;
}

static void give_back(struct ahead *a)
{
    a->at = 0;
    (void)pthread_mutex_lock(&a->lock);
    a->taken++;
    (void)pthread_cond_signal(&a->moved);
    (void)pthread_mutex_unlock(&a->lock);
}

bool ahead_read(struct ahead *a, char *buf, size_t size, size_t *got,
                struct error *err)
{
    struct piece *p = full_piece(a);

    *got = 0;
    if (p == NULL) {
        a->consumed = raw_offset(a->raw); /* the thread is done with it */
        if (a->failed)
            *err = a->error;
        return !a->failed;
    }
    *got = p->len - a->at < size ? p->len - a->at : size;
    memcpy(buf, p->data + a->at, *got);
    a->at += *got;
    a->consumed = p->consumed;
    if (a->at == p->len)
        give_back(a);
    return true;
}

uint64_t ahead_consumed(const struct ahead *a)
{
    return a->consumed;
}
