/*
 * replay - feeds a fuzz target the files named, without a fuzzer
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, cap = 1 << 16, got;
    uint8_t *data = malloc(cap), *exact;

    if (file == NULL || data == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while ((got = fread(data + size, 1, cap - size, file)) > 0) {
        size += got;
        if (size == cap)
            data = realloc(data, cap *= 2);
        if (data == NULL)
            abort();
    }
    (void)fclose(file);

    /* Of that size exactly, so that a sanitizer sees a byte too many. */
    exact = malloc(size + (size == 0));
    if (exact == NULL)
        abort();
    if (size > 0)
        memcpy(exact, data, size);
    free(data);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    return EXIT_SUCCESS;
}
