/*
 * Says on a UART what the registers of devices hold in the course of some use: of those of a PL022, a PL061 and a
 * Versatile serial bus controller whose addresses SSP, GPIO and I2C are defined; on I²C there are an LM75 at 0x48 and
 * a 24C32 at 0x50. UART is the UART's.
 */
typedef unsigned int u32;

#define REG(at) (*(volatile u32 *)(at))

#ifdef __ARM_ARCH_7M__
void main(void);
__attribute__((section(".init"), used)) static void *const vectors[] = { (void *)0x20004000, main };
#else
__asm__(".section .init\n.globl _start\n_start: mov sp, #0x400000\n bl main\n b .\n.text\n");
#endif

static void put(char c) {
  while (REG(UART + 0x18) & 0x20) {}
  REG(UART) = c;
}

static void text(const char *s) {
  while (*s) put(*s++);
}

static void hex(u32 value) {
  put(' ');
  for (int digits = 8; digits--;) put("0123456789abcdef"[value >> 4 * digits & 15]);
}

static void show(const char *what, u32 base, const u32 *at, int count) {
  text(what);
  while (count--) hex(REG(base + *at++));
  put('\n');
}

#define SHOW(what, base, ...) do { \
  static const u32 at[] = { __VA_ARGS__ }; \
  show(what, base, at, sizeof at / sizeof at[0]); \
} while (0)

#define IDS 0xfe0, 0xfe4, 0xff0, 0xff4, 0xff8, 0xffc

#ifdef SSP

#define SSP_ALL 0x00, 0x04, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x24
static void ssp(void) {
  SHOW("ssp reset", SSP, SSP_ALL);
  SHOW("ssp ids", SSP, IDS);
  REG(SSP + 0x10) = 2;
  REG(SSP) = 7;
  REG(SSP + 4) = 3;
  REG(SSP + 0x14) = 0xf;
  SHOW("ssp on", SSP, SSP_ALL);
  for (u32 i = 0; i < 4; i++) REG(SSP + 8) = 0x1a0 + i;
  while (REG(SSP + 0xc) & 0x10) {}
  REG(SSP + 0x14) = 0xd;
  SHOW("ssp four words", SSP, 0x0c, 0x1c);
  SHOW("ssp words", SSP, 8, 8, 8, 8);
  SHOW("ssp empty", SSP, 0x0c, 0x1c);
  REG(SSP) = 0xf;
  REG(SSP + 8) = 0xbeef;
  while (REG(SSP + 0xc) & 0x10) {}
  SHOW("ssp 16 bits", SSP, 8, 0x0c);
}

#endif

#ifdef GPIO

#define GPIO_ALL 0x3fc, 0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x420

static void gpio(void) {
  SHOW("gpio ids", GPIO, IDS);
  REG(GPIO + 0x400) = 0x1f0;
  REG(GPIO + 0x3fc) = 0xf0;
  SHOW("gpio out", GPIO, GPIO_ALL);
  REG(GPIO + (0x50 << 2)) = 0xaf;
  SHOW("gpio masked", GPIO, 0x3fc, 0xc0 << 2, 0x30 << 2, 0);
  REG(GPIO + 0x404) = 0x1;
  REG(GPIO + 0x40c) = 0x10;
  REG(GPIO + 0x410) = 0x11;
  SHOW("gpio level", GPIO, 0x414 & 0, 0x400);
}

#endif

#ifdef I2C

#define SCL 1
#define SDA 2

static void lines(const char *what) { SHOW(what, I2C, 0); }
static void set(u32 bits) { REG(I2C) = bits; }
static void clear(u32 bits) { REG(I2C + 4) = bits; }

static void i2c(void) {
  set(SCL | SDA);
  lines("i2c idle");
  clear(SDA);
  lines("i2c start");
  clear(SCL);
  lines("i2c low");
  for (int i = 7; i >= 0; i--) {
    if (0xa2 >> i & 1) set(SDA); else clear(SDA);
    set(SCL);
    clear(SCL);
  }
  set(SDA);
  set(SCL);
  lines("i2c not acknowledged");
  clear(SCL);
  clear(SDA);
  set(SCL);
  set(SDA);
  lines("i2c stop");
}

static void start(void) { set(SDA); set(SCL); clear(SDA); clear(SCL); }
static void stop(void) { clear(SDA); set(SCL); set(SDA); }

static u32 bit(u32 level) {
  if (level) set(SDA); else clear(SDA);
  set(SCL);
  level = REG(I2C) >> 1 & 1;
  clear(SCL);
  return level;
}

/* 0: acknowledged. */
static u32 send(u32 byte) {
  for (int i = 7; i >= 0; i--) bit(byte >> i & 1);
  return bit(1);
}

static void receive(int more) {
  u32 byte = 0;
  for (int i = 0; i < 8; i++) byte = byte << 1 | bit(1);
  bit(!more);
  hex(byte);
}

static void sensor(int reg, int count) {
  start();
  text("lm75");
  hex(send(0x90));
  hex(send(reg));
  start();
  hex(send(0x91));
  while (count--) receive(count > 0);
  stop();
  put('\n');
}

static void limit(int reg, u32 value) {
  start();
  send(0x90);
  send(reg);
  hex(send(value >> 8));
  hex(send(value));
  stop();
}

/* A 24C32 at 0x50. */
static void eeprom(void) {
  start();
  send(0xa0);
  send(0x01);
  send(0x20);
  for (const char *c = "EMU!"; *c; c++) hex(send(*c));
  stop();
  do start(); while (send(0xa0));
  text("eeprom");
  hex(send(0x01));
  hex(send(0x21));
  start();
  hex(send(0xa1));
  receive(1);
  receive(0);
  stop();
  start();
  send(0xa1);
  receive(0);
  stop();
  put('\n');
}

static void chips(void) {
  sensor(0, 2);
  sensor(1, 1);
  sensor(2, 2);
  sensor(3, 2);
  limit(3, 0x1e80);
  limit(2, 0xe700);
  sensor(2, 2);
  sensor(3, 2);
  eeprom();
}

#endif

void main(void) {
  REG(UART + 0x30) = 0x301;
#ifdef SSP
  ssp();
#endif
#ifdef GPIO
  gpio();
#endif
#ifdef I2C
  i2c();
  chips();
#endif
  text("done\n");
#ifdef RESET
  REG(RESET) = 8;
#endif
}
