/* Formatted output on the console. */
#ifndef PRINT_H
#define PRINT_H
#include "types.h"

/* %s %c %u %d %x %%, each with an optional width, '0' and '-'. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_mac(const u8 *mac);
void print_ip(u32 ip);

#endif
