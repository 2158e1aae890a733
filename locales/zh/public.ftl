# 个人链接所打开的页面共用的文字。

public-languages = 语言

## 打不开的链接
public-unknown = 该链接无效
public-unknown-text = 请检查网址是否完整：有些邮件程序会把较长的链接拆成两行。如果是复制的，请复制整行。
public-slow = 无效链接过多
public-slow-text = 您所在的网络尝试了过多不存在的链接。请等一分钟后再试。

## 无法读取的表单
public-form-refused = 未收到您的表单
public-form-too-large = 内容超出一次可接收的长度。请返回，缩短后重新提交：目前没有保存任何内容。
public-form-broken = 部分内容在传输中丢失。请返回并重新提交：目前没有保存任何内容。

## 我们自己的错误
public-trouble = 我们这边出了问题
public-trouble-text = 请返回，稍后再试。如果您已提交内容，可能尚未保存。
public-kept = 您填写的内容，可在此复制：
