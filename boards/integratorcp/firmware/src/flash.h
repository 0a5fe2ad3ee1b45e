/* CFI flash of the Intel command set (JEDEC JESD68, Intel 28F640J3 data sheet). */
#ifndef FLASH_H
#define FLASH_H
#include "types.h"

struct cfi {
	u32 width; /* bytes of a bus word: 4 means two 16-bit chips side by side */
	u32 chips; /* in parallel, each 16 bits wide (or one of `width`) */
	u32 size, blocks, block_size, command_set;
};

/* False when nothing answers the query. Leaves the flash in read-array mode. */
bool cfi_query(struct cfi *flash);
/* NULL, or why not; the write enables of CP_FLASHPROG are set meanwhile. */
const char *flash_erase(const struct cfi *flash, u32 offset);
const char *flash_program(const struct cfi *flash, u32 offset, const u32 *words, u32 count);
u32 flash_status(const struct cfi *flash);

#endif
