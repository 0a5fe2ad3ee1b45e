@ Waits for the hub's interrupt four times, sends the samples' values as characters, resets the board.
@ arm-none-eabi-as firmware.s -o firmware.o && arm-none-eabi-objcopy -O binary firmware.o firmware.bin
        b       start
        b       .
        b       .
        b       .
        b       .
        nop
irq:    ldr     r4, [r6, #0xc]          @ DATA; takes the line down
        and     r4, r4, #0xff
        str     r4, [r7]                @ UART 0
        add     r5, r5, #1
        subs    pc, lr, #4
start:  mov     r0, #0x40000000
        mov     r1, #4
        str     r1, [r0, #8]            @ PIC_IRQ_ENABLESET: line 2
        orr     r7, r0, #0x10000        @ UART 0
        orr     r6, r0, #0x20000        @ the hub
        msr     cpsr_c, #0xd2           @ IRQ mode has registers of its own only for sp and lr
        msr     cpsr_c, #0xd3
        mov     r5, #0
        mov     r1, #3
        str     r1, [r6, #4]            @ CTRL: ENABLE, IRQ
        msr     cpsr_c, #0x53           @ let interrupts in
1:      cmp     r5, #4
        blo     1b
        msr     cpsr_c, #0xd3
        mov     r0, #0x10000000
        mov     r1, #8
        str     r1, [r0, #0xc]          @ CM_CTRL: reset
        b       .
