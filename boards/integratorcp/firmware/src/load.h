/* Files into memory, wherever they come from. */
#ifndef LOAD_H
#define LOAD_H
#include "types.h"

/* NULL, or what went wrong. */
typedef const char *(*loader)(const char *name, u32 at, u32 limit, u32 *size);

const char *load_from_card(const char *name, u32 at, u32 limit, u32 *size);
const char *load_from_network(const char *name, u32 at, u32 limit, u32 *size);

/* Loads, prints one line, gives the size: 0 when it failed. */
u32 load_and_report(loader load, const char *name, u32 at);

#endif
