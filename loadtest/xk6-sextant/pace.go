package sextant

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// ControlVariable names the address at which a load test says when to send: host:port. Its messages
// are lines of JSON, a slot each way.
const ControlVariable = "SEXTANT_CONTROL"

// lateAfter is when a request that was sent late is the generator's fault.
const lateAfter = time.Millisecond

// slotRequest asks for a slot of load: arrivals in milliseconds from its start, or so long in which
// every VU asks again when it was answered.
type slotRequest struct {
	ArrivalsMs []float64 `json:"arrivalsMs"`
	ClosedMs   float64   `json:"closedMs"`
}

// slotReply is what a slot came to.
type slotReply struct {
	Requests  int     `json:"requests"`
	Errors    int     `json:"errors"`
	Late      int     `json:"late"`
	Seconds   float64 `json:"seconds"`
	Histogram string  `json:"histogram"`
	Error     string  `json:"error,omitempty"`
}

// pacer hands out the requests of slots to VUs, in the order in which they are due.
type pacer struct {
	mutex sync.Mutex
	// changed wakes the VUs that wait for a request.
	changed *sync.Cond
	timer   *preciseTimer
	slot    *pacedSlot
	idle    int
	isOver  bool
}

type pacedSlot struct {
	request slotRequest
	start   time.Time
	// Of the arrivals, those before taken were given to a VU, those before released are due. Those in
	// prompt were due while a VU was free.
	taken, released int
	prompt          []bool
	open            int
	reply           slotReply
	last            time.Duration
	histogram       *hdr.Histogram
	done            chan struct{}
}

func newPacer() *pacer {
	p := &pacer{timer: newPreciseTimer()}
	p.changed = sync.NewCond(&p.mutex)
	return p
}

// run runs a slot to the last answer.
func (p *pacer) run(request slotRequest) slotReply {
	slot := &pacedSlot{
		request: request, start: time.Now(), done: make(chan struct{}),
		prompt: make([]bool, len(request.ArrivalsMs)), histogram: hdr.New(lowestUs, highestUs, digits),
	}
	p.mutex.Lock()
	p.slot = slot
	p.mutex.Unlock()
	if request.ClosedMs > 0 {
		p.changed.Broadcast()
		p.timer.sleep(millis(request.ClosedMs))
	} else {
		p.release(slot)
	}
	p.mutex.Lock()
	slot.endWhenDone()
	p.mutex.Unlock()
	<-slot.done
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.slot = nil
	slot.reply.Seconds = slot.last.Seconds()
	text, err := encode(slot.histogram)
	if err != nil {
		slot.reply.Error = err.Error()
	}
	slot.reply.Histogram = text
	return slot.reply
}

// release gives each arrival free when it is due.
func (p *pacer) release(slot *pacedSlot) {
	for index, arrival := range slot.request.ArrivalsMs {
		p.timer.sleep(millis(arrival) - time.Since(slot.start))
		p.mutex.Lock()
		slot.prompt[index] = p.idle > slot.released-slot.taken
		slot.released++
		p.mutex.Unlock()
		p.changed.Signal()
	}
}

// end lets every VU go.
func (p *pacer) end() {
	p.mutex.Lock()
	p.isOver = true
	p.mutex.Unlock()
	p.changed.Broadcast()
	p.timer.close()
}

// due is a request that a VU was given.
type due struct {
	slot *pacedSlot
	at   time.Duration
}

// take waits until a request is due; nil when there will be none.
func (p *pacer) take() *due {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for !p.isOver {
		if slot := p.slot; slot != nil {
			if at, has := slot.take(); has {
				slot.open++
				return &due{slot: slot, at: at}
			}
		}
		p.idle++
		p.changed.Wait()
		p.idle--
	}
	return nil
}

// take is when the next request that is due was due, from the slot's start.
func (slot *pacedSlot) take() (time.Duration, bool) {
	now := time.Since(slot.start)
	if slot.request.ClosedMs > 0 {
		return now, now < millis(slot.request.ClosedMs)
	}
	if slot.taken == slot.released {
		return 0, false
	}
	at := millis(slot.request.ArrivalsMs[slot.taken])
	// While every VU waited for the server, it is the server that is late.
	if slot.prompt[slot.taken] && now-at > lateAfter {
		slot.reply.Late++
	}
	slot.taken++
	return at, true
}

func (slot *pacedSlot) endWhenDone() {
	isSent := slot.taken == len(slot.request.ArrivalsMs)
	if slot.request.ClosedMs > 0 {
		isSent = time.Since(slot.start) >= millis(slot.request.ClosedMs)
	}
	if !isSent || slot.open > 0 {
		return
	}
	select {
	case <-slot.done:
	default:
		close(slot.done)
	}
}

// answered counts the answer to a request; a status of 0 is none.
func (p *pacer) answered(request *due, status int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	slot := request.slot
	now := time.Since(slot.start)
	slot.open--
	if status == 0 || status >= 400 {
		slot.reply.Errors++
	}
	if status != 0 {
		slot.reply.Requests++
		slot.last = now
		value := min(max((now-request.at).Microseconds(), lowestUs), highestUs)
		_ = slot.histogram.RecordValue(value)
	}
	slot.endWhenDone()
}

func millis(value float64) time.Duration {
	return time.Duration(value * float64(time.Millisecond))
}

// control is the connection of this process to the load test.
var control struct {
	sync.Mutex
	pacer *pacer
	err   error
}

// connected is the pacer of this process; the first VU that asks connects it.
func connected() (*pacer, error) {
	control.Lock()
	defer control.Unlock()
	if control.pacer == nil && control.err == nil {
		control.pacer, control.err = connect(os.Getenv(ControlVariable))
	}
	return control.pacer, control.err
}

func connect(address string) (*pacer, error) {
	if address == "" {
		return nil, errors.New("take(): " + ControlVariable + " is not set: this script is run by `deno task loadtest --driver k6`")
	}
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s=%s: %w", ControlVariable, address, err)
	}
	p := newPacer()
	go serve(connection, p)
	return p, nil
}

// serve runs slot after slot until the other side closes.
func serve(connection net.Conn, p *pacer) {
	defer p.end()
	defer func() { _ = connection.Close() }()
	garbage := newCollector()
	lines := json.NewDecoder(bufio.NewReader(connection))
	replies := json.NewEncoder(connection)
	for {
		var request slotRequest
		if err := lines.Decode(&request); err != nil {
			return
		}
		reply := p.run(request)
		garbage.between()
		if err := replies.Encode(reply); err != nil {
			return
		}
	}
}

// take waits until a request is due and says whether there is one; see index.d.ts.
func (m *moduleInstance) take() *due {
	p, err := connected()
	if err != nil {
		m.throw(err)
	}
	return p.take()
}

// answered counts the answer to what take returned.
func (m *moduleInstance) answered(request *due, status int) {
	p, err := connected()
	if err != nil {
		m.throw(err)
	}
	if request == nil {
		m.throw(errors.New("answered(): the first argument is what take() returned"))
	}
	p.answered(request, status)
}
