; deno run -A assemble.ts hello.s hello.bin
        lui     r1, 0x4000              ; UART 0
        li      r2, text
        li      r0, 0
again:
        ldb     r3, r2, 0
        beq     r3, r0, ready
        stw     r3, r1, 0               ; DR
        addi    r2, r2, 1
        jump    again
ready:
        li      r4, received
        put     vector, r4
        li      r4, 0x10
        stw     r4, r1, 0x38            ; IMSC: receive
        li      r4, 1
        put     enable, r4
sleep:
        wait
        jump    sleep
received:
        ldw     r3, r1, 0               ; DR: takes the interrupt back
        stw     r3, r1, 0
        rti
text:
        .ascii Hello! Type something.\n
