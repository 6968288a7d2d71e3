/*
 * csv_fuzz - rows of our own in the form csv, read back
 */
#include "rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_rows(SLICE("csv"), slice_make((const char *)data, size));
    return 0;
}
