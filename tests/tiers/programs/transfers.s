@ Loads and stores of all kinds in loops: several registers, doublewords, halfwords, bytes, unaligned, over pages.
        .include "prelude.inc"
        vectors
start:  ldr     r12, =0x12345678
        mov     r11, #0
outer:  ldr     r0, =DATA + 0xff0
        mov     r1, #24
1:      add     r12, r12, r12, ror #7
        eor     r2, r12, r1
        mov     r3, r12, lsl #3
        str     r2, [r0], #4
        strh    r3, [r0, #2]
        strb    r12, [r0], #4
        subs    r1, r1, #1
        bne     1b
        ldr     r0, =DATA + 0xfd8
        ldr     r1, =DATA + 0x2fe8
        mov     r10, #4
2:      ldmia   r0!, {r2-r9}
        stmia   r1!, {r2-r5}
        stmdb   r1, {r6-r9}
        stmib   r1!, {r3, r5, r7, r9}
        add     r12, r12, r9
        subs    r10, r10, #1
        bne     2b
        mov     r10, #6
3:      ldr     r0, =DATA + 0xff8
        add     r0, r0, r10
        ldr     r2, [r0]                @ unaligned: rotated
        ldrh    r3, [r0, #1]
        ldrsb   r4, [r0, #-3]
        ldrsh   r5, [r0, r10]
        str     r12, [r0, #1]
        bic     r1, r0, #7
        ldrd    r6, r7, [r1]
        strd    r6, r7, [r1, #8]
        bic     r1, r0, #3
        swp     r8, r2, [r1]
        swpb    r9, r3, [r0]
        add     r12, r12, r2
        eor     r12, r12, r3, lsl #8
        sub     r12, r12, r4, lsl #16
        add     r12, r12, r5
        eor     r12, r12, r6
        add     r12, r12, r8, ror #11
        eor     r12, r12, r9, lsl #21
        subs    r10, r10, #1
        bne     3b
        ldr     r1, =DATA + 0x3000
        ldmdb   r1!, {r0, r2-r4}
        ldmda   r1, {r5, r6}
        eor     r12, r12, r0
        add     r12, r12, r5, ror #3
        add     r11, r11, #1
        b       outer
        .ltorg
