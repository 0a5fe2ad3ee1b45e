#include "board.h"
#include "command.h"
#include "lib.h"
#include "print.h"
#include "rtc.h"

#define DAY 86400u

static u32 days_of_year(u32 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
}

static u32 days_of_month(u32 month, u32 year)
{
	if (month == 2)
		return days_of_year(year) - 337;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

struct date date_of(u32 seconds)
{
	u32 days = seconds / DAY, rest = seconds % DAY;
	struct date d = { 1970, 1, 1, rest / 3600, rest / 60 % 60, rest % 60 };
	for (; days >= days_of_year(d.year); d.year++)
		days -= days_of_year(d.year);
	for (; days >= days_of_month(d.month, d.year); d.month++)
		days -= days_of_month(d.month, d.year);
	d.day += days;
	return d;
}

u32 seconds_of(const struct date *d)
{
	u32 days = d->day - 1;
	for (u32 y = 1970; y < d->year; y++)
		days += days_of_year(y);
	for (u32 m = 1; m < d->month; m++)
		days += days_of_month(m, d->year);
	return days * DAY + d->hour * 3600 + d->minute * 60 + d->second;
}

/* Takes a decimal number off the front of *s, and the character after it. */
static u32 take(const char **s)
{
	u32 value = 0;
	while (**s >= '0' && **s <= '9')
		value = value * 10 + (u32)(*(*s)++ - '0');
	if (**s)
		(*s)++;
	return value;
}

static bool parse_date(const char *day, const char *time, struct date *d)
{
	d->year = take(&day), d->month = take(&day), d->day = take(&day);
	d->hour = take(&time), d->minute = take(&time), d->second = take(&time);
	return !*day && !*time && d->year >= 1970 && d->year < 2106 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	       d->day <= days_of_month(d->month, d->year) && d->hour < 24 && d->minute < 60 && d->second < 60;
}

int rtc_command(int argc, char **argv)
{
	struct date d;
	if (argc != 1 && (argc != 4 || strcmp(argv[1], "set") || !parse_date(argv[2], argv[3], &d)))
		return -1;
	if (argc == 4) {
		wr32(RTC_BASE + RTC_LR, seconds_of(&d));
		wr32(RTC_BASE + RTC_CR, 1);
	}
	u32 now = rd32(RTC_BASE + RTC_DR);
	d = date_of(now);
	print("%04u-%02u-%02u %02u:%02u:%02u UTC (%u)\n", d.year, d.month, d.day, d.hour, d.minute, d.second, now);
	return 0;
}
