/* PL041 audio interface (DDI 0173): registers of the AC'97 codec behind it. */
#ifndef AACI_H
#define AACI_H
#include "types.h"

void aaci_start(void);
bool codec_write(u32 reg, u16 value);
bool codec_read(u32 reg, u16 *value);

#endif
