#ifndef FONT_H
#define FONT_H
#include "types.h"

/* Glyph of a character, 3 wide and 5 high: five octal digits, the top row first, left column in bit 2. */
u32 glyph(char c);

#endif
