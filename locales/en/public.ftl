# What the pages behind personal links share.

public-languages = Language

## Links that open nothing
public-unknown = This link does not work
public-unknown-text = Please check that the address is complete: some mail programs break a long link in two. If you copied it, copy the whole line.
public-slow = Too many wrong links
public-slow-text = Too many links that do not exist were tried from your network. Please wait a minute and try again.

## Forms that cannot be read
public-form-refused = Your form did not arrive
public-form-too-large = It holds more text than we can take at once. Please go back, shorten it and send it again: nothing has been saved.
public-form-broken = Part of it was lost on the way. Please go back and send it again: nothing has been saved.

## Our own mistakes
public-trouble = Something went wrong on our side
public-trouble-text = Please go back and try again in a minute. If you had sent something, it may not have been saved.
public-kept = What you entered, so that you can copy it:
