/* PrimeCell identification: eight bytes, one per word, at the end of a 4 KB page. */
#ifndef PRIMECELL_H
#define PRIMECELL_H
#include "types.h"

struct primecell {
	const char *name;
	u32 base, part;
};

extern const struct primecell primecells[];
extern const u32 primecell_count;

/* False when the identification is absent (no device or a bus abort). */
bool primecell_id(u32 base, u32 *part, u32 *revision, u32 *designer);

#endif
