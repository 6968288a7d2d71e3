/*
 * error - what went wrong, and where
 *
 * Functions that can fail return bool (or NULL) and fill the caller's struct
 * error; only main.c prints one and chooses the exit status. A text is one
 * line, without "spamharvest: " and without a final full stop or newline.
 * The text is cleaned of control bytes, since it may quote a log or a file's
 * name.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* Where something stands. file NULL: no place; line 0: the file as a whole. */
struct place {
    const char *file;
    uint64_t line;
};

struct error {
    char text[768]; /* "FILE:LINE: what is wrong" */
    int code;       /* errno when a system call failed, else 0 */
};

/* All return false, so that a function can "return error_set(...)". */
bool error_set(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool error_at(struct error *err, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and strerror(code) behind it; keeps code. */
bool error_system(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
