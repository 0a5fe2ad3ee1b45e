/* One counted interrupt, for tests that only ask whether it comes. */
#ifndef SELFTEST_IRQ_H
#define SELFTEST_IRQ_H
#include "types.h"

/* Begins to count interrupts of a line; each one disables the line again. */
void expect_irq(u32 line);
/* Waits for the first, ends counting; true when it came. */
bool irq_came(u32 us);

#endif
