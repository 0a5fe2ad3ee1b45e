/*
 * A bare-metal program for the Integrator/CP that drives chips on I²C, SPI and 1-Wire through their controllers'
 * registers, and says on UART 0 what they answer.
 */
typedef unsigned int u32;
typedef unsigned char u8;

#define REG(at) (*(volatile u32 *)(at))

__asm__(".section .init\n.globl _start\n_start: mov sp, #0x400000\n bl main\n b .\n.text\n");

static void put(char c) {
  while (REG(0x16000018) & 0x20) {}
  REG(0x16000000) = c;
}

static void text(const char *s) {
  while (*s) put(*s++);
}

static void hex(u32 value, int digits) {
  while (digits--) put("0123456789abcdef"[value >> 4 * digits & 15]);
}

static void bytes(const char *what, const u8 *from, int count) {
  text(what);
  while (count--) {
    put(' ');
    hex(*from++, 2);
  }
  put('\n');
}

/* I²C: two lines of the Versatile's serial bus controller. */

#define I2C 0x1f000000
#define SCL 1
#define SDA 2

static void set(u32 lines) { REG(I2C) = lines; }
static void clear(u32 lines) { REG(I2C + 4) = lines; }
static int sda(void) { return REG(I2C) >> 1 & 1; }

static void i2c_start(void) { set(SDA); set(SCL); clear(SDA); clear(SCL); }
static void i2c_stop(void) { clear(SDA); set(SCL); set(SDA); }

static int i2c_bit(int bit) {
  if (bit) set(SDA); else clear(SDA);
  set(SCL);
  bit = sda();
  clear(SCL);
  return bit;
}

static int i2c_send(u8 byte) {
  for (int i = 7; i >= 0; i--) i2c_bit(byte >> i & 1);
  return !i2c_bit(1);
}

static u8 i2c_receive(int more) {
  u8 byte = 0;
  for (int i = 0; i < 8; i++) byte = byte << 1 | i2c_bit(1);
  i2c_bit(!more);
  return byte;
}

static void i2c_read(u8 chip, u8 at, u8 *into, int count) {
  i2c_start();
  i2c_send(chip << 1);
  i2c_send(at);
  i2c_start();
  i2c_send(chip << 1 | 1);
  while (count--) *into++ = i2c_receive(count > 0);
  i2c_stop();
}

static void eeprom(void) {
  u8 page[4];
  int polls = 0, acknowledged;
  i2c_start();
  i2c_send(0x50 << 1);
  i2c_send(0x10);
  for (const char *s = "EMU!"; *s; s++) i2c_send(*s);
  i2c_stop();
  do {
    polls++;
    i2c_start();
    acknowledged = i2c_send(0x50 << 1);
    i2c_stop();
  } while (!acknowledged);
  i2c_read(0x50, 0x10, page, 4);
  bytes("eeprom", page, 4);
  text(polls > 1 ? "eeprom was busy\n" : "eeprom was never busy\n");
}

static void sensor(void) {
  u8 value[2];
  i2c_read(0x48, 0, value, 2);
  bytes("lm75", value, 2);
}

/* SPI: the PrimeCell SSP, and a pin of the PrimeCell GPIO for the chip select. */

#define SSP 0x1f001000
#define GPIO 0x1f002000
#define CS (1 << 3)

static u8 spi(u8 byte) {
  REG(SSP + 8) = byte;
  while (!(REG(SSP + 0xc) & 4)) {}
  return REG(SSP + 8);
}

static void cs(int high) { REG(GPIO + (CS << 2)) = high ? CS : 0; }

static void spi_command(u8 command, int address, u8 *into, int count) {
  cs(0);
  spi(command);
  if (address >= 0) {
    spi(address >> 16);
    spi(address >> 8);
    spi(address);
  }
  while (count--) *into++ = spi(*into);
  cs(1);
}

static void spi_wait(void) {
  u8 status;
  do {
    status = 0;
    spi_command(0x05, -1, &status, 1);
  } while (status & 1);
}

static void flash(void) {
  u8 id[3], page[4] = { 0xde, 0xad, 0xbe, 0xef };
  cs(1);
  REG(GPIO + 0x400) = CS;
  REG(SSP + 0x10) = 2;
  REG(SSP) = 7;
  REG(SSP + 4) = 2;
  spi_command(0x9f, -1, id, 3);
  bytes("flash", id, 3);
  spi_command(0x06, -1, 0, 0);
  spi_command(0x20, 0x1234, 0, 0);
  spi_wait();
  spi_command(0x06, -1, 0, 0);
  spi_command(0x02, 0x1000, page, 4);
  spi_wait();
  spi_command(0x03, 0x1000, page, 4);
  bytes("flash", page, 4);
}

/* 1-Wire: the DS1WM. */

#define W1 0x1f003000

static int w1_reset(void) {
  u32 causes;
  REG(W1) = 1;
  while (!((causes = REG(W1 + 8)) & 1)) {}
  return !(causes & 2);
}

static u8 w1(u8 byte) {
  REG(W1 + 4) = byte;
  while (!(REG(W1 + 8) & 0x10)) {}
  return REG(W1 + 4);
}

static void thermometer(u8 serial, u8 crc) {
  u8 pad[9];
  const u8 rom[8] = { 0x28, serial, 0, 0, 0, 0, 0, crc };
  w1_reset();
  w1(0x55);
  for (int i = 0; i < 8; i++) w1(rom[i]);
  w1(0xbe);
  for (int i = 0; i < 9; i++) pad[i] = w1(0xff);
  bytes("ds18b20", pad, 9);
}

static void thermometers(void) {
  REG(W1 + 0x10) = 0x88;
  if (!w1_reset()) text("nobody\n");
  w1(0xcc);
  w1(0x44);
  while (w1(0xff) != 0xff) {}
  thermometer(1, 0x29);
  thermometer(2, 0x70);
}

void main(void) {
  REG(0x16000030) = 0x301;
  eeprom();
  sensor();
  flash();
  thermometers();
  REG(0x1000000c) = 8;
}
