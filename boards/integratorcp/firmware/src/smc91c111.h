/* SMSC LAN91C111 Ethernet, polled (SMSC data sheet rev 1.92). */
#ifndef SMC91C111_H
#define SMC91C111_H
#include "types.h"

#define SMC_CHIP_91C111 0x339u
#define FRAME_SIZE 1514u

/* Registers: bank << 4 | offset. */
enum smc_register {
	SMC_TCR = 0x00, SMC_EPHSR = 0x02, SMC_RCR = 0x04, SMC_MIR = 0x08, SMC_RPCR = 0x0a,
	SMC_CONFIG = 0x10, SMC_BASE = 0x12, SMC_IA = 0x14, SMC_GENERAL = 0x1a, SMC_CONTROL = 0x1c,
	SMC_MMUCMD = 0x20, SMC_PNR = 0x22, SMC_FIFO = 0x24, SMC_POINTER = 0x26, SMC_DATA = 0x28, SMC_INTERRUPT = 0x2c,
	SMC_MULTICAST = 0x30, SMC_MGMT = 0x38, SMC_REVISION = 0x3a,
};
#define TCR_TXENA 0x0001u
#define TCR_PAD_EN 0x0080u
#define TCR_FDUPLX 0x0800u
#define TCR_EPH_LOOP 0x2000u
#define MMU_BUSY 0x0001u

u16 smc_read(enum smc_register r);
void smc_write(enum smc_register r, u16 value);
/* The revision register, 0 where nothing is. */
u32 smc_revision(void);
const u8 *smc_mac(void);
/* NULL, or why the chip cannot be used. Receives and sends afterwards. */
const char *smc_start(void);
void smc_stop(void);
bool smc_send(const u8 *frame, u32 length);
/* Length of the frame received, 0 when none waits. */
u32 smc_receive(u8 frame[FRAME_SIZE]);
/* Number of the packet given by the MMU, or -1. */
int smc_allocate(void);
void smc_mmu(u16 command);
/* A register of the PHY through the management interface. */
u16 smc_phy_read(u32 reg);
void smc_phy_write(u32 reg, u16 value);

#endif
