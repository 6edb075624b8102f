package sextant

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext/httpext"
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
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	Late     int     `json:"late"`
	Seconds  float64 `json:"seconds"`
	// CPUMs is what this process used of its core from the slot's start to its last answer; left out
	// where that is unknown.
	CPUMs     float64 `json:"cpuMs,omitempty"`
	Histogram string  `json:"histogram"`
	Error     string  `json:"error,omitempty"`
}

// vuser is a VU as the pacer knows it.
type vuser struct {
	// wake is sent to when there may be a request for it.
	wake chan struct{}
	// slot and at are of the request that it was given.
	slot *pacedSlot
	at   time.Duration
	// isKnown is whether the pacer has counted it.
	isKnown bool
}

func newVuser() *vuser { return &vuser{wake: make(chan struct{}, 1)} }

// pacer hands out the requests of slots to VUs, in the order in which they are due. A VU that was
// answered takes what is due at once; those that are idle are woken, the one that waits shortest
// first: what it needs is still in the core's caches.
type pacer struct {
	mutex sync.Mutex
	timer *preciseTimer
	slot  *pacedSlot
	// vus is how many VUs have ever asked, idle those that wait for a request.
	vus    int
	idle   []*vuser
	isOver bool
}

type pacedSlot struct {
	request slotRequest
	start   time.Time
	// Of the arrivals, those before taken were given to a VU; open are not answered yet.
	taken, open int
	// full is until when every VU last waited for the server.
	full      time.Duration
	reply     slotReply
	last      time.Duration
	histogram *hdr.Histogram
	done      chan struct{}
}

func newPacer() *pacer { return &pacer{timer: newPreciseTimer()} }

// run runs a slot to the last answer.
func (p *pacer) run(request slotRequest) slotReply {
	histogram := hdr.New(lowestUs, highestUs, digits)
	cpuBefore := processCPU()
	slot := &pacedSlot{
		request: request, start: time.Now(), done: make(chan struct{}), histogram: histogram,
	}
	p.mutex.Lock()
	p.slot = slot
	if request.ClosedMs > 0 {
		for p.wakeOne() {
		}
	}
	p.mutex.Unlock()
	if request.ClosedMs > 0 {
		p.timer.sleep(millis(request.ClosedMs))
	} else {
		p.release(slot)
	}
	p.mutex.Lock()
	slot.endWhenDone()
	p.mutex.Unlock()
	<-slot.done
	slot.reply.CPUMs = (processCPU() - cpuBefore).Seconds() * 1000
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

// release wakes a VU for each arrival when it is due, unless one that was answered has taken it.
func (p *pacer) release(slot *pacedSlot) {
	arrivals := slot.request.ArrivalsMs
	for index := 0; index < len(arrivals); index++ {
		p.timer.sleep(millis(arrivals[index]) - time.Since(slot.start))
		p.mutex.Lock()
		if slot.taken > index {
			index = slot.taken - 1
		} else {
			p.wakeOne()
		}
		p.mutex.Unlock()
	}
}

// wakeOne wakes an idle VU and says whether there was one. The mutex is held.
func (p *pacer) wakeOne() bool {
	last := len(p.idle) - 1
	if last < 0 {
		return false
	}
	p.idle[last].wake <- struct{}{}
	p.idle = p.idle[:last]
	return true
}

// end lets every VU go.
func (p *pacer) end() {
	p.mutex.Lock()
	p.isOver = true
	for p.wakeOne() {
	}
	p.mutex.Unlock()
	p.timer.close()
}

// take waits until a request is due, gives it to the VU and says whether there is one.
func (p *pacer) take(vu *vuser) bool {
	p.mutex.Lock()
	if !vu.isKnown {
		vu.isKnown = true
		p.vus++
	}
	for !p.isOver {
		if slot := p.slot; slot != nil {
			if at, has := slot.take(); has {
				slot.open++
				vu.slot, vu.at = slot, at
				p.mutex.Unlock()
				return true
			}
		}
		p.idle = append(p.idle, vu)
		p.mutex.Unlock()
		<-vu.wake
		p.mutex.Lock()
	}
	p.mutex.Unlock()
	return false
}

// take is when the next request that is due was due, from the slot's start.
func (slot *pacedSlot) take() (time.Duration, bool) {
	now := time.Since(slot.start)
	if slot.request.ClosedMs > 0 {
		return now, now < millis(slot.request.ClosedMs)
	}
	if slot.taken == len(slot.request.ArrivalsMs) {
		return 0, false
	}
	at := millis(slot.request.ArrivalsMs[slot.taken])
	if at > now {
		return 0, false
	}
	// While every VU waited for the server, it is the server that is late.
	if now-max(at, slot.full) > lateAfter {
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

// answered counts the answer to the VU's request; a status of 0 is none.
func (p *pacer) answered(vu *vuser, status int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	slot := vu.slot
	if slot == nil {
		return
	}
	vu.slot = nil
	now := time.Since(slot.start)
	if slot.open == p.vus {
		slot.full = now
	}
	slot.open--
	if status == 0 || status >= 400 {
		slot.reply.Errors++
	}
	if status != 0 {
		slot.reply.Requests++
		slot.last = now
		value := min(max((now-vu.at).Microseconds(), lowestUs), highestUs)
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
		return nil, errors.New("send(): " + ControlVariable + " is not set: this script is run by `deno task loadtest --driver k6`")
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

// answerTimeout is when a request that is not answered is an error.
const answerTimeout = 10 * time.Second

// send sends what the load test wants of this VU until there is no more; see index.d.ts.
func (m *moduleInstance) send(target string) {
	p, err := connected()
	if err != nil {
		m.throw(err)
	}
	state := m.vu.State()
	if state == nil {
		m.throw(errors.New("send() is for iterations: call it in the default function"))
	}
	url, err := httpext.NewURL(target, target)
	if err != nil {
		m.throw(fmt.Errorf("send(): %w", err))
	}
	for vu := newVuser(); p.take(vu); {
		p.answered(vu, m.get(state, url))
	}
}

// get makes a request as k6/http does, and returns its status; 0 is no answer.
func (m *moduleInstance) get(state *lib.State, url httpext.URL) int {
	response, err := httpext.MakeRequest(m.vu.Context(), state, &httpext.ParsedHTTPRequest{
		URL: &url,
		Req: &http.Request{
			Method: http.MethodGet,
			URL:    url.GetURL(),
			Header: http.Header{"User-Agent": {state.Options.UserAgent.String}},
		},
		Timeout:      answerTimeout,
		ResponseType: httpext.ResponseTypeNone,
		Redirects:    state.Options.MaxRedirects,
		TagsAndMeta:  state.Tags.GetCurrentValues(),
	})
	if err != nil {
		return 0
	}
	return response.Status
}
