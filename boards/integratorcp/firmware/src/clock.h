/* Time since start, and deadlines that pass even where no counter runs. */
#ifndef CLOCK_H
#define CLOCK_H
#include "types.h"

#define TICKS_PER_US 24u

void clock_start(void);
/* 24 MHz, 32 bits: differences hold for 178 s. */
u32 ticks(void);
bool passed(u32 since, u32 us);
void wait_us(u32 us);
/* "CM_REFCNT" or what stands in for it. */
const char *clock_source(void);

#endif
