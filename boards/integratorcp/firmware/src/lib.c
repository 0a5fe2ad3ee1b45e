#include "lib.h"

void *memcpy(void *to, const void *from, u32 length)
{
	u8 *d = to;
	const u8 *s = from;
	if ((((u32)d | (u32)s) & 3) == 0) {
		struct quad {
			u32 word[4]; /* one LDM and one STM */
		};
		for (; length >= 16; length -= 16, d += 16, s += 16)
			*(struct quad *)d = *(const struct quad *)s;
		for (; length >= 4; length -= 4, d += 4, s += 4)
			*(u32 *)d = *(const u32 *)s;
	}
	while (length--)
		*d++ = *s++;
	return to;
}

void *memmove(void *to, const void *from, u32 length)
{
	u8 *d = to;
	const u8 *s = from;
	if (d <= s || d >= s + length)
		return memcpy(to, from, length);
	while (length--)
		d[length] = s[length];
	return to;
}

void *memset(void *at, int value, u32 length)
{
	volatile u8 *p = at; /* volatile: the compiler would make a call to memset of this loop */
	while (length--)
		*p++ = (u8)value;
	return at;
}

int memcmp(const void *a, const void *b, u32 length)
{
	const u8 *p = a, *q = b;
	for (; length--; p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

u32 strlen(const char *s)
{
	u32 n = 0;
	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool same_name(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b))
		a++, b++;
	return lower(*a) == lower(*b);
}

void copy_string(char *to, const char *from, u32 size)
{
	while (size-- > 1 && *from)
		*to++ = *from++;
	*to = 0;
}

static int digit(char c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static const char *digits(const char *s, u32 base, u32 *value)
{
	u32 sum = 0;
	const char *start = s;
	for (; (u32)digit(*s) < base; s++)
		sum = sum * base + digit(*s);
	*value = sum;
	return s == start ? NULL : s;
}

bool parse_hex(const char *s, u32 *value)
{
	if (s[0] == '0' && lower(s[1]) == 'x')
		s += 2;
	s = digits(s, 16, value);
	return s && !*s;
}

bool parse_number(const char *s, u32 *value)
{
	bool hex = s[0] == '0' && lower(s[1]) == 'x';
	s = digits(hex ? s + 2 : s, hex ? 16 : 10, value);
	if (!s)
		return false;
	if (lower(*s) == 'k')
		*value <<= 10, s++;
	else if (lower(*s) == 'm')
		*value <<= 20, s++;
	return !*s;
}

u16 be16(const u8 *p) { return (u16)(p[0] << 8 | p[1]); }
u32 be32(const u8 *p) { return (u32)be16(p) << 16 | be16(p + 2); }
u16 le16(const u8 *p) { return (u16)(p[1] << 8 | p[0]); }
u32 le32(const u8 *p) { return (u32)le16(p + 2) << 16 | le16(p); }

void put_be16(u8 *p, u16 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

void put_be32(u8 *p, u32 value)
{
	put_be16(p, (u16)(value >> 16));
	put_be16(p + 2, (u16)value);
}
