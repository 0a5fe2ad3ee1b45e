/* The part of a C library this image uses. */
#ifndef LIB_H
#define LIB_H
#include "types.h"

void *memcpy(void *to, const void *from, u32 length);
void *memmove(void *to, const void *from, u32 length);
void *memset(void *at, int value, u32 length);
int memcmp(const void *a, const void *b, u32 length);
u32 strlen(const char *s);
int strcmp(const char *a, const char *b);
bool starts_with(const char *s, const char *prefix);
bool same_name(const char *a, const char *b); /* without regard to case */
void copy_string(char *to, const char *from, u32 size);
char lower(char c);

/* Hexadecimal with or without 0x. */
bool parse_hex(const char *s, u32 *value);
/* Decimal, or hexadecimal after 0x, with an optional K or M. */
bool parse_number(const char *s, u32 *value);

u16 be16(const u8 *p);
u32 be32(const u8 *p);
u16 le16(const u8 *p);
u32 le32(const u8 *p);
void put_be16(u8 *p, u16 value);
void put_be32(u8 *p, u32 value);

#endif
