/*
 * digits - decimal numbers as text, two digits at a time
 *
 * For what is written by the million, stamps and counts; all else is well
 * served by printf. Nothing here writes a NUL.
 */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of a 64-bit number */

/* The two digits of a number below 100; returns the place behind them. */
static inline char *digits_pair(char *out, unsigned number)
{
    static const char pairs[] = "00010203040506070809"
                                "10111213141516171819"
                                "20212223242526272829"
                                "30313233343536373839"
                                "40414243444546474849"
                                "50515253545556575859"
                                "60616263646566676869"
                                "70717273747576777879"
                                "80818283848586878889"
                                "90919293949596979899";

    memcpy(out, pairs + 2 * number, 2);
    return out + 2;
}

/* The number, without leading zeros; returns the place behind it. */
static inline char *digits_number(char *out, uint64_t number)
{
    char text[DIGITS_MAX];
    char *end = text + sizeof text, *at = end;

    for (; number >= 100; number /= 100)
        digits_pair(at -= 2, (unsigned)(number % 100));
    if (number >= 10)
        digits_pair(at -= 2, (unsigned)number);
    else
        *--at = (char)('0' + number);
    memcpy(out, at, (size_t)(end - at));
    return out + (end - at);
}

#endif
