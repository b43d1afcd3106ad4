"""Template filters of lotteries."""
