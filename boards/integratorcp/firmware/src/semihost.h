/* ARM semihosting, where something answers it. */
#ifndef SEMIHOST_H
#define SEMIHOST_H
#include "types.h"

bool semihost_present(void);
/* Ends the emulator with this status; returns where nothing answers. */
void semihost_exit(u32 status);

#endif
