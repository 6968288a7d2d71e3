/*
 * no-jit - PCRE2 without its compiler, to be loaded before it (LD_PRELOAD)
 *
 * Compiled patterns read words that are not wholly theirs, which a memory
 * checker takes for a fault; and what is slower must not be otherwise.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

int pcre2_jit_compile(pcre2_code *code, uint32_t options)
{
    (void)code;
    (void)options;
    return PCRE2_ERROR_JIT_BADOPTION;
}
