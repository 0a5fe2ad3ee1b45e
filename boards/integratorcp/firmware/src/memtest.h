#ifndef MEMTEST_H
#define MEMTEST_H
#include "types.h"

/* Wrong words found in [at, at + length); the first few are printed when `loud`. Destroys the contents. */
u32 memory_test(u32 at, u32 length, bool loud);

#endif
