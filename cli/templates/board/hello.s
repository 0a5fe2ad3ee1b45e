@ arm-none-eabi-as hello.s -o hello.o && arm-none-eabi-objcopy -O binary hello.o hello.bin
        ldr     r0, =0x40020000         @ UART 0
        adr     r1, text
1:      ldrb    r2, [r1], #1
        cmp     r2, #0
        strne   r2, [r0]                @ DR
        bne     1b
2:      ldr     r2, [r0, #0x18]         @ FR: wait for a key
        tst     r2, #0x10
        bne     2b
        ldr     r2, [r0]
        str     r2, [r0]                @ and show it
        b       2b
text:   .asciz  "Hello! Type something.\r\n"
        .align
        .ltorg
