# 假设分析、挽留计划、忠诚扩散。

## 条件：接在“如果”之后
what-if-lose = { $customer }流失
what-if-protect = { $customer }不会自行流失
what-if-own-churn = { $customer }自行流失的概率为 { $after }，而不是 { $before }
what-if-strength-value = 客户失去全部业务后随之流失的概率为 { $strength }
what-if-strength-factor = 客户随业务流失而离开的倾向变为原来的 { $factor } 倍
what-if-link-business = { $shipper }发往{ $consignee }的业务量为 { $after }，而不是 { $before }
what-if-link-value = { $shipper }发往{ $consignee }的预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
   *[other] 业务量
}为 { $after }，而不是 { $before }
what-if-terms = { $shipper }发往{ $consignee }的运费{ $terms ->
    [prepaid] 由发货方支付
    [collect] 由收货方支付
    [third_party] 由第三方支付
   *[unknown] 由谁支付不明
}
what-if-and = { $one }，并且{ $other }
what-if-many = 全部 { $count } 项变化都发生
what-if-unnamed = 其他团队的客户

## 损失
what-if-rises = 如果{ $condition }，未来 { $weeks } 周的预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
    [weight] 货量
   *[shipments] 票数
}损失将增加 { $difference }，从 { $before } 升至 { $after }。
what-if-falls = 如果{ $condition }，未来 { $weeks } 周的预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
    [weight] 货量
   *[shipments] 票数
}损失将减少 { $difference }，从 { $before } 降至 { $after }。
what-if-stays = 如果{ $condition }，未来 { $weeks } 周的预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
    [weight] 货量
   *[shipments] 票数
}损失仍为 { $after }。
what-if-shipments = { $count } 票货

## 其他客户
what-if-nobody = 其他客户的流失可能性没有明显变化。
what-if-rising = 另有 { $count } 家客户更可能流失。
what-if-falling = 另有 { $count } 家客户流失的可能性降低。
what-if-both = 另有 { $rising } 家客户更可能流失，{ $falling } 家可能性降低。
what-if-foremost = 影响最大的是{ $customer }：其流失概率从 { $before } 变为 { $after }，预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
    [weight] 货量
   *[shipments] 票数
}{ $direction ->
    [falls] 减少
   *[rises] 增加
} { $amount }。
what-if-because = 原因：{ $customer }有 { $share } 的业务来自与{ $source }的往来，随其去留。
what-if-because-over = 原因：{ $customer }经由{ $over }依赖于{ $source }。
what-if-term = { $term ->
    [supported] 客户会随贸易伙伴流失，这一点得到了贵公司历史数据回测的支持。
    [not_supported] 客户会随贸易伙伴流失只是一种假设，贵公司历史数据的回测并不支持它。
   *[hypothesis] 客户会随贸易伙伴流失只是一种假设，尚未得到贵公司历史数据的证实。
}
what-if-simulated = 在 { $worlds } 次模拟的未来 { $weeks } 周中，最差的 5% 里平均损失为 { $after }，而不是 { $before }。
what-if-sentences = { $one }{ $other }

## 计划
plan-saves = 预算为 { $budget }：在 { $considered } 家客户中选出 { $count } 家加以挽留，花费 { $cost }。未来 { $weeks } 周的预期{ $basis ->
    [margin] 毛利
    [revenue] 收入
    [weight] 货量
   *[shipments] 票数
}损失由 { $before } 降至 { $after }，可挽回 { $saved }。
plan-revenue = 挽回的是收入而不是毛利：费用须从其中的一部分赚回。
plan-too-dear = 这少于所花的费用：在此期间内，该计划收不回成本。
plan-best = 在此预算内，没有任何计划能挽回更多。
plan-ceiling = 在此预算内，任何计划挽回的都不会超过 { $ceiling }。
plan-measured = 用选择时未用过的 { $worlds } 次模拟检验，该计划平均可挽回 { $saved }（标准误差 { $error }）。
plan-empty = { $budget } 的预算不足以换来任何挽回：{ $considered } 家客户中一家也未选中。
plan-nobody = 没有可供计划选择的客户。
plan-gone = 另有 { $count } 家客户看来已经离开，未列入考虑。
plan-assumption = { $term ->
    [supported] 挽留行动能把流失概率降低多少是一种假设；贸易伙伴会随之流失，则得到了历史数据的支持。
    [not_supported] 挽留行动能把流失概率降低多少，以及贸易伙伴会随之流失，都是假设；后者未得到历史数据的支持。
   *[hypothesis] 挽留行动能把流失概率降低多少，以及贸易伙伴会随之流失，都是假设。
}
plan-assumption-effect = { $term ->
    [supported] 挽留行动能把流失概率降低其自身的 { $effect } 是一种假设；贸易伙伴会随之流失，则得到了历史数据的支持。
    [not_supported] 挽留行动能把流失概率降低其自身的 { $effect }，以及贸易伙伴会随之流失，都是假设；后者未得到历史数据的支持。
   *[hypothesis] 挽留行动能把流失概率降低其自身的 { $effect }，以及贸易伙伴会随之流失，都是假设。
}
plan-assumption-measured = 挽留行动能把流失概率降低其自身的 { $effect }，这是 { $cases } 次行动与未采取行动的相似客户相比得出的结果（90 % 区间：{ $low } 至 { $high }）；行动对象由人挑选，因此这是比较而不是实验。{ $term ->
    [supported] 贸易伙伴会随之流失，得到了历史数据的支持。
    [not_supported] 贸易伙伴会随之流失是一种假设，且未得到历史数据的支持。
   *[hypothesis] 贸易伙伴会随之流失是一种假设。
}
plan-reason = { $customer }在 { $weeks } 周内自行流失的概率为 { $own }，届时整个网络将失去 { $blast }{ $basis ->
    [margin] {" "}的毛利
    [revenue] {" "}的收入
    [weight] {" "}的货量
   *[shipments] {""}
}；花费 { $cost } 的挽留行动可将该概率降至 { $reduced }，平均挽回 { $saved }。
plan-reason-gone = 它看来已经离开：请先问明挽留是否为时已晚。
plan-reason-dear = 这少于行动的费用。

## 忠诚扩散
spread-payers-unknown = 所有货运都不知道由谁付费，因此无从分析。请导入付款方或运费条款。
spread-found = 在 { $open } 家经由我们往来而已知不付运费的客户中，有 { $prospects } 家可能是下一批可争取的付费客户，因为它们与 { $advocates } 家满意的付费客户中的某些有往来。
spread-nobody = 有 { $open } 家客户经由我们往来而已知不付运费；{ $advocates ->
    [0] 没有已知活跃且满意、足以带动他人的付费客户
   *[other] 它们都不与 { $advocates } 家活跃且满意的付费客户往来
}。
spread-rests = 依据：由谁付费（窗口期内 { $share } 的货运已知）、活跃程度，以及由事实衡量的满意度；尚未询问过任何人是否愿意推荐我们，它们不经由我们的货运也不得而知。
spread-hypothesis = 忠诚会由贸易伙伴扩散只是一种假设，扩散强度也是假定的：请把此名单当作拜访的先后顺序，而不是预测。
spread-reason = { $customer }有 { $business } 的业务经由我们而由他人付费；其 { $share } 的业务来自与{ $partner }的往来，而后者是满意的付费客户。
spread-reason-alone = { $customer }有 { $business } 的业务经由我们而由他人付费。
spread-paid-before = 直到 { $date }，它曾自行付费。
