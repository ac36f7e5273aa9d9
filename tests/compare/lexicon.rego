# The same rule as the pack's: a finding for each term that stands in the text, and where.
package lexicon

import rego.v1

findings contains {"term": term, "at": indexof_n(input.text, term)} if {
	some term in data.terms
	contains(input.text, term)
}
