#ifndef CRC_H
#define CRC_H
#include "types.h"

/* The CRC-32 of zip, gzip and Ethernet (polynomial 0xedb88320, reflected). */
u32 crc32(u32 at, u32 length);

#endif
