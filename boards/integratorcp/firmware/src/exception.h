/* Aborts: reported and survived. */
#ifndef EXCEPTION_H
#define EXCEPTION_H
#include "types.h"

/* Where an exception returns to; save_context(recovery) first. */
extern u32 recovery[10];
/* When set, an exception is only noted in exception_text, not printed. */
extern bool exception_quiet;
extern const char *exception_name;
extern u32 exception_address;

/* Read that gives false instead of an abort. */
bool probe32(u32 at, u32 *value);
bool probe16(u32 at, u16 *value);

#endif
