require "nothing_of_that_name"
