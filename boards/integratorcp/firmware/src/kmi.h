/* PL050 keyboard and mouse interface (DDI 0143), polled. */
#ifndef KMI_H
#define KMI_H
#include "types.h"

#define KMI_CR 0x00u
#define KMI_STAT 0x04u
#define KMI_DATA 0x08u
#define KMI_CLKDIV 0x0cu
#define KMI_IR 0x10u
#define KMI_RXINTREN (1u << 4)

void kmi_start(u32 base);
void kmi_stop(u32 base);
bool kmi_send(u32 base, u8 byte);
/* The byte, or -1 when none comes in time. */
int kmi_receive(u32 base, u32 us);

#endif
