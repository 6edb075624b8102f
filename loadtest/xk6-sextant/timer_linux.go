package sextant

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// preciseTimer waits to some tens of microseconds. Go's own timers wake a process that has nothing
// else to do to the millisecond, since its poller counts in those: half a millisecond of every
// latency would be the generator's. A timerfd wakes the poller when it is due.
type preciseTimer struct {
	file   *os.File
	fd     int
	buffer [8]byte
}

func newPreciseTimer() *preciseTimer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &preciseTimer{}
	}
	return &preciseTimer{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
}

func (timer *preciseTimer) sleep(duration time.Duration) {
	if duration <= 0 {
		return
	}
	if timer.file != nil {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(duration))}
		if unix.TimerfdSettime(timer.fd, 0, &spec, nil) == nil {
			if _, err := timer.file.Read(timer.buffer[:]); err == nil {
				return
			}
		}
	}
	time.Sleep(duration)
}

func (timer *preciseTimer) close() {
	if timer.file != nil {
		_ = timer.file.Close()
	}
}

// processCPU is the CPU time that this process has used.
func processCPU() time.Duration {
	var spec unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &spec) != nil {
		return 0
	}
	return time.Duration(spec.Nano())
}
