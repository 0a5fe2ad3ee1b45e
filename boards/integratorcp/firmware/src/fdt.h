/* Flattened device tree (Devicetree Specification 0.4, chapter 5): copied with what a boot loader must fill in. */
#ifndef FDT_H
#define FDT_H
#include "types.h"

struct fdt_edit {
	const char *bootargs; /* NULL keeps what the tree says */
	u32 initrd_start, initrd_end; /* 0, 0: none */
	u32 memory_size;
};

bool is_fdt(u32 at);
/* Writes the edited tree of `from` to `to`; its size, or 0 when the tree is malformed or too big. */
u32 fdt_copy(u32 from, u32 to, u32 limit, const struct fdt_edit *edit);

#endif
