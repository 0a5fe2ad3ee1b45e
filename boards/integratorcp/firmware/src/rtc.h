/* PL031 real time clock (DDI 0224): seconds since 1970. */
#ifndef RTC_H
#define RTC_H
#include "types.h"

#define RTC_DR 0x00u
#define RTC_MR 0x04u
#define RTC_LR 0x08u
#define RTC_CR 0x0cu
#define RTC_IMSC 0x10u
#define RTC_RIS 0x14u
#define RTC_MIS 0x18u
#define RTC_ICR 0x1cu

struct date {
	u32 year, month, day, hour, minute, second;
};

struct date date_of(u32 seconds);
u32 seconds_of(const struct date *d);

#endif
