@ The same virtual page, remapped to other code under a running loop, with TLB flushes of one page and of all.
        .include "prelude.inc"
        vectors
        .equ    FUNCTION, 0x201000      @ the page that changes
        .equ    LOOP, 0x200000          @ the page that jumps to it
start:  ldr     r0, =TABLE
        ldr     r1, =TABLE2 | 0x11      @ megabyte 2 by pages
        str     r1, [r0, #8]
        ldr     r0, =TABLE2
        ldr     r1, =0x20000 | 0xffe
        str     r1, [r0]
        add     r1, r1, #0x1000
        str     r1, [r0, #4]
        mmu_on
        @ Copies the code to where it is mapped.
        ldr     r0, =loop_code
        ldr     r1, =0x20000
        mov     r2, #64
1:      ldr     r3, [r0], #4
        str     r3, [r1], #4
        subs    r2, r2, #1
        bne     1b
        ldr     r0, =one
        ldr     r1, =0x21000
        ldmia   r0!, {r2-r5}
        stmia   r1, {r2-r5}
        ldr     r1, =0x22000
        ldmia   r0!, {r2-r5}
        stmia   r1, {r2-r5}
        mov     r0, #0
        mov     r10, #0
        ldr     pc, =LOOP
        .ltorg
one:    add     r0, r0, #3
        eor     r0, r0, r6
        bx      lr
        nop
two:    sub     r0, r0, r6, lsl #2
        mov     r0, r0, ror #7
        bx      lr
        nop
loop_code:
        mov     r6, #150
1:      bl      loop_code + 0x1000
        subs    r6, r6, #1
        bne     1b
        add     r10, r10, #1
        ldr     r1, 3f
        ldr     r2, [r1]
        eor     r2, r2, #0x3000         @ 0x21000 and 0x22000
        str     r2, [r1]
        tst     r10, #1
        ldreq   r3, 4f
        mcreq   p15, 0, r3, c8, c7, 1   @ that page's entry
        movne   r3, #0
        mcrne   p15, 0, r3, c8, c7, 0   @ all entries
        b       loop_code
3:      .word   TABLE2 + 4
4:      .word   FUNCTION
