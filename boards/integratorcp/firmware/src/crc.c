#include "crc.h"

u32 crc32(u32 at, u32 length)
{
	static u32 table[256];
	if (!table[1])
		for (u32 i = 0; i < 256; i++) {
			table[i] = i;
			for (u32 bit = 0; bit < 8; bit++)
				table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
		}
	u32 crc = ~0u;
	for (const u8 *p = (const u8 *)at; length--; p++)
		crc = crc >> 8 ^ table[(crc ^ *p) & 0xff];
	return ~crc;
}
