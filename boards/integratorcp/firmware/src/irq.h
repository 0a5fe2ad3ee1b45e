/* Interrupts of the primary controller (PIC). */
#ifndef IRQ_H
#define IRQ_H
#include "types.h"

typedef void (*irq_handler)(void);

void irq_start(void);
void irq_attach(u32 line, irq_handler handler);
void irq_detach(u32 line);
/* Lines that came without a handler since start; each was disabled at its first coming. */
extern volatile u32 irq_unexpected;
extern volatile u32 fiq_count;

#endif
