package main

func Example() {
	main()
	// Output:
	// Alice Liddell <alice@example.com> has signed up, tags [new], 1 order
	// order 2: 3 × tea-001 at 4.5
}
