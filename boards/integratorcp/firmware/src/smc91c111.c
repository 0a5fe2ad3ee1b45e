#include "board.h"
#include "clock.h"
#include "exception.h"
#include "lib.h"
#include "smc91c111.h"

#define BANK_SELECT (ETH_BASE + 0xeu)

enum { MMU_ALLOC = 1 << 5, MMU_RESET = 2 << 5, MMU_RELEASE_RX = 4 << 5, MMU_RELEASE = 5 << 5, MMU_ENQUEUE = 6 << 5 };
enum { PTR_RCV = 0x8000, PTR_AUTO_INCR = 0x4000, PTR_READ = 0x2000 };
enum { INT_RCV = 0x01, INT_ALLOC = 0x08 };
enum { RCR_SOFT_RST = 0x8000, RCR_STRIP_CRC = 0x0200, RCR_RXEN = 0x0100 };
enum { CONTROL_AUTO_RELEASE = 0x0800, CONFIG_EPH_POWER = 0x8000, CONFIG_DEFAULT = 0x20b1 & ~0x0001 };
enum { RPCR_ANEG = 0x0800, RPCR_LEDS = 0x0014 }; /* LED A link, LED B activity */
enum { CONTROL_ODD = 0x20, STATUS_BAD = 0xac00 };  /* alignment, CRC, too long, too short */
enum { PHY_MII_DIS = 0x0400, PHY_LINK = 0x0004 };
enum { MGMT_MDOE = 8, MGMT_MCLK = 4, MGMT_MDI = 2, MGMT_MDO = 1 };

static u32 select(enum smc_register r)
{
	wr16(BANK_SELECT, (u16)(r >> 4));
	return ETH_BASE + (r & 0xf);
}

u16 smc_read(enum smc_register r) { return rd16(select(r)); }
void smc_write(enum smc_register r, u16 value) { wr16(select(r), value); }

u32 smc_revision(void)
{
	u16 bank;
	/* The upper byte of the bank register always reads 0x33. */
	if (!probe16(BANK_SELECT, &bank) || bank >> 8 != 0x33)
		return 0;
	return smc_read(SMC_REVISION);
}

const u8 *smc_mac(void)
{
	static u8 mac[6];
	for (u32 i = 0; i < 6; i += 2) {
		u16 pair = smc_read((enum smc_register)(SMC_IA + i));
		mac[i] = (u8)pair;
		mac[i + 1] = (u8)(pair >> 8);
	}
	return mac;
}

/* A chip without an EEPROM has no address: then one of the locally administered ones. */
static void ensure_mac(void)
{
	static const u8 own[6] = { 0x02, 0x00, 0x00, 0xc9, 0x11, 0x01 };
	const u8 *mac = smc_mac();
	bool zeros = !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
	if (zeros || mac[0] & 1)
		for (u32 i = 0; i < 6; i += 2)
			smc_write((enum smc_register)(SMC_IA + i), le16(own + i));
}

void smc_mmu(u16 command)
{
	smc_write(SMC_MMUCMD, command);
	u32 start = ticks();
	while (smc_read(SMC_MMUCMD) & MMU_BUSY)
		if (passed(start, 10000))
			return;
}

void smc_stop(void)
{
	smc_write(SMC_TCR, 0);
	smc_write(SMC_RCR, 0);
	smc_write(SMC_INTERRUPT, 0);
}

/* Takes the PHY out of isolation and lets it negotiate; a board without a PHY has a link at once. */
static void start_phy(void)
{
	u16 id = smc_phy_read(2);
	smc_write(SMC_RPCR, RPCR_ANEG | RPCR_LEDS);
	if (id == 0 || id == 0xffff)
		return;
	/* After power-on the MAC does not hear the PHY until MII_DIS is cleared. */
	if (smc_phy_read(0) & PHY_MII_DIS || !(smc_phy_read(1) & PHY_LINK))
		smc_phy_write(0, 0x3300); /* 100, negotiate, full duplex, restart */
	u32 start = ticks();
	while (!(smc_phy_read(1) & PHY_LINK) && !passed(start, 2500000))
		;
}

const char *smc_start(void)
{
	static bool started;
	if (smc_revision() >> 4 != SMC_CHIP_91C111)
		return "no LAN91C111";
	smc_write(SMC_RCR, RCR_SOFT_RST);
	wait_us(100);
	smc_write(SMC_RCR, 0);
	smc_write(SMC_CONFIG, CONFIG_EPH_POWER | CONFIG_DEFAULT);
	wait_us(1000);
	smc_write(SMC_CONTROL, CONTROL_AUTO_RELEASE | 0x1210);
	smc_mmu(MMU_RESET);
	smc_write(SMC_INTERRUPT, 0);
	ensure_mac();
	if (!started)
		start_phy();
	started = true;
	smc_write(SMC_TCR, TCR_TXENA | TCR_PAD_EN | TCR_FDUPLX);
	smc_write(SMC_RCR, RCR_STRIP_CRC | RCR_RXEN);
	return NULL;
}

int smc_allocate(void)
{
	smc_write(SMC_MMUCMD, MMU_ALLOC);
	u32 start = ticks();
	while (!(smc_read(SMC_INTERRUPT) & INT_ALLOC))
		if (passed(start, 100000))
			return -1;
	u32 result = smc_read(SMC_PNR) >> 8; /* the allocation result register is the odd byte */
	return result & 0x80 ? -1 : (int)(result & 0x3f);
}

static void write_data(u32 port, u32 value) { wr16(port, (u16)value); }

bool smc_send(const u8 *frame, u32 length)
{
	int packet = smc_allocate();
	if (packet < 0) {
		smc_mmu(MMU_RESET); /* lost packets fill the chip's memory: start over */
		packet = smc_allocate();
		if (packet < 0)
			return false;
	}
	smc_write(SMC_PNR, (u16)packet);
	smc_write(SMC_POINTER, PTR_AUTO_INCR);
	u32 port = select(SMC_DATA);
	write_data(port, 0);                  /* status, written by the chip */
	write_data(port, (length & ~1u) + 6); /* status, count, data, control */
	for (u32 i = 0; i + 1 < length; i += 2)
		write_data(port, le16(frame + i));
	write_data(port, length & 1 ? CONTROL_ODD << 8 | frame[length - 1] : 0);
	smc_mmu(MMU_ENQUEUE);
	return true;
}

u32 smc_receive(u8 frame[FRAME_SIZE])
{
	if (!(smc_read(SMC_INTERRUPT) & INT_RCV))
		return 0;
	smc_write(SMC_POINTER, PTR_RCV | PTR_AUTO_INCR | PTR_READ);
	u32 port = select(SMC_DATA);
	u16 status = rd16(port);
	u32 count = rd16(port) & 0x7ff, length = 0;
	if (!(status & STATUS_BAD) && count >= 6 && count - 6 <= FRAME_SIZE) {
		for (; length + 2 <= count - 6; length += 2) {
			u16 pair = rd16(port);
			frame[length] = (u8)pair;
			frame[length + 1] = (u8)(pair >> 8);
		}
		u16 control = rd16(port);
		if (control >> 8 & CONTROL_ODD && length < FRAME_SIZE)
			frame[length++] = (u8)control;
	}
	smc_mmu(MMU_RELEASE_RX);
	return length;
}

static void mii_bit_out(u32 bit)
{
	u32 port = select(SMC_MGMT), high = rd16(port) & 0xfff0;
	u32 out = high | MGMT_MDOE | (bit ? MGMT_MDO : 0);
	wr16(port, (u16)out);
	wr16(port, (u16)(out | MGMT_MCLK));
	wr16(port, (u16)out);
}

static u32 mii_bit_in(void)
{
	u32 port = select(SMC_MGMT), high = rd16(port) & 0xfff0;
	wr16(port, (u16)(high | MGMT_MCLK));
	u32 bit = rd16(port) & MGMT_MDI ? 1 : 0;
	wr16(port, (u16)high);
	return bit;
}

/* Preamble, start 01, operation, PHY address 0, register (IEEE 802.3 clause 22). */
static void mii_frame(u32 operation, u32 reg)
{
	for (u32 i = 0; i < 32; i++)
		mii_bit_out(1);
	u32 bits = 1u << 12 | operation << 10 | reg;
	for (u32 i = 14; i--;)
		mii_bit_out(bits >> i & 1);
}

u16 smc_phy_read(u32 reg)
{
	u32 value = 0;
	mii_frame(2, reg);
	mii_bit_in(); /* turnaround */
	for (u32 i = 0; i < 16; i++)
		value = value << 1 | mii_bit_in();
	mii_bit_in();
	return (u16)value;
}

void smc_phy_write(u32 reg, u16 value)
{
	mii_frame(1, reg);
	mii_bit_out(1);
	mii_bit_out(0);
	for (u32 i = 16; i--;)
		mii_bit_out(value >> i & 1);
	mii_bit_in();
}
