"""What critics say of finished pictures: how near they are to words, what words fit them, what is on them."""
