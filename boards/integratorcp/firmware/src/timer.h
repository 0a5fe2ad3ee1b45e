/* The three counter/timers (DUI 0159, section 4.9): 16 or 32 bits, prescaler, one-shot. */
#ifndef TIMER_H
#define TIMER_H
#include "types.h"

#define TIMER_LOAD 0x00u
#define TIMER_VALUE 0x04u
#define TIMER_CONTROL 0x08u
#define TIMER_INTCLR 0x0cu
#define TIMER_RIS 0x10u
#define TIMER_MIS 0x14u
#define TIMER_BGLOAD 0x18u
#define TCTL_ONESHOT (1u << 0)
#define TCTL_32BIT (1u << 1)
#define TCTL_PRESCALE16 (1u << 2)
#define TCTL_PRESCALE256 (1u << 3)
#define TCTL_IE (1u << 5)
#define TCTL_PERIODIC (1u << 6)
#define TCTL_ENABLE (1u << 7)

void timer_free_run(u32 n);
void timer_stop(u32 n);
/* Counts per second of timer n with the given prescaler bits, measured over 20 ms. */
u32 timer_rate(u32 n, u32 prescale);
/* How long it took, in us, until `count` interrupts came with the timer reloading `load`; 0: not in 2 s. */
u32 timer_interrupts(u32 n, u32 load, u32 count);

#endif
