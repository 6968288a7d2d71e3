/*
 * mem - memory that is there, or the run ends
 */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEM_FIRST 8 /* elements of an array that begins to grow */

/* Other threads still run, so nothing is tidied: neither stdio nor atexit(). */
static _Noreturn void out_of_memory(void)
{
    static const char text[] = "spamharvest: out of memory\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

    (void)written;
    _exit(EXIT_FAILURE);
}

void *mem_new(size_t size)
{
    return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
    void *ptr;

    /* calloc(0) may be NULL, which must mean one thing only. */
    if (count == 0 || size == 0)
        count = size = 1;
    ptr = calloc(count, size);
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    void *ptr;

    if (count == 0 || size == 0)
        count = size = 1;
    ptr = reallocarray(old, count, size);
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

void *mem_double(void *array, size_t *cap, size_t size)
{
    if (*cap > SIZE_MAX / 2)
        out_of_memory();
    *cap = *cap == 0 ? MEM_FIRST : *cap * 2;
    return mem_resize(array, *cap, size);
}

char *mem_text(struct slice s)
{
    char *text;

    if (s.len == SIZE_MAX)
        out_of_memory();
    text = mem_resize(NULL, s.len + 1, 1);
    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}
