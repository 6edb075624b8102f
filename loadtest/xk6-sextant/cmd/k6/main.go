// Command k6 is k6 with the extension of this module, as xk6 would build it.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "sextant.example/xk6-sextant"
)

func main() {
	cmd.Execute()
}
