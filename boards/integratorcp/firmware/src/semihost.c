#include "command.h"
#include "cpu.h"
#include "lib.h"
#include "print.h"
#include "semihost.h"
#include "uart.h"

/* Arm "Semihosting for AArch32 and AArch64", section 7. */
enum { SYS_WRITE0 = 0x04, SYS_ERRNO = 0x13, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20 };
#define APPLICATION_EXIT 0x20026u /* ADP_Stopped_ApplicationExit: the one with a status of 0 */
#define RUN_TIME_ERROR 0x20023u

bool semihost_present(void)
{
	/* start.S answers -1 where no host takes the call. */
	return semihost(SYS_ERRNO, 0) != 0xffffffff;
}

void semihost_exit(u32 status)
{
	u32 block[2] = { APPLICATION_EXIT, status };
	console_flush();
	semihost(SYS_EXIT_EXTENDED, (u32)block);
	/* Hosts without the extension know only success and failure. */
	semihost(SYS_EXIT, status ? RUN_TIME_ERROR : APPLICATION_EXIT);
}

int semi_command(int argc, char **argv)
{
	u32 status;
	if (argc == 3 && !strcmp(argv[1], "exit") && parse_number(argv[2], &status)) {
		semihost_exit(status);
		print("nothing answers semihosting calls\n");
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "write")) {
		if (semihost_present())
			semihost(SYS_WRITE0, (u32)argv[2]);
		else
			print("nothing answers semihosting calls\n");
		return 0;
	}
	return -1;
}
