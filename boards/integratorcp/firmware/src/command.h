/* Commands: one row each in command.c, one function each in the file of their subject. */
#ifndef COMMAND_H
#define COMMAND_H
#include "types.h"

#define MAX_ARGUMENTS 24u

/* Runs a line; it is cut into words in place. */
void run_line(char *line);

int info_command(int argc, char **argv);
int md_command(int argc, char **argv);
int mw_command(int argc, char **argv);
int memtest_command(int argc, char **argv);
int timer_command(int argc, char **argv);
int rtc_command(int argc, char **argv);
int lcd_command(int argc, char **argv);
int sdls_command(int argc, char **argv);
int sdload_command(int argc, char **argv);
int net_command(int argc, char **argv);
int tftp_command(int argc, char **argv);
int ping_command(int argc, char **argv);
int boot_command(int argc, char **argv);
int bench_command(int argc, char **argv);
int selftest_command(int argc, char **argv);
int semi_command(int argc, char **argv);

#endif
