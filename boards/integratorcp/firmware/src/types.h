/* The few types and accessors every file needs. No libc: this image is all there is. */
#ifndef TYPES_H
#define TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

static inline u32 rd32(u32 at) { return *(volatile u32 *)at; }
static inline u16 rd16(u32 at) { return *(volatile u16 *)at; }
static inline u8 rd8(u32 at) { return *(volatile u8 *)at; }
static inline void wr32(u32 at, u32 value) { *(volatile u32 *)at = value; }
static inline void wr16(u32 at, u16 value) { *(volatile u16 *)at = value; }
static inline void wr8(u32 at, u8 value) { *(volatile u8 *)at = value; }

#endif
