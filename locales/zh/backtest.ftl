# 回测：结论与带图的页面。

## 对自身流失的结论
backtest-own-supported = 历史支持自身流失：它对客户的排序不逊于只看最近一次发货，也不逊于只看发货频率，且至少优于其中之一；其概率比总体比例更有信息。
backtest-own-not-supported = 历史不支持自身流失：请把它与简单指标一并参看，而不要以它取代简单指标。
backtest-own-too-few = 事件太少，无法评判自身流失。
backtest-own-events = { $observations } 次预测中有 { $events } 次在预测期内没有任何发货。
backtest-ranks-better = 它的排序优于{ $other }：AUC { $a } 对 { $b }，相差 { $difference }（{ $low } 至 { $high }）。
backtest-ranks-worse = 它的排序不如{ $other }：AUC { $a } 对 { $b }，相差 { $difference }（{ $low } 至 { $high }）。
backtest-ranks-alike = 看不出它与{ $other }有差别：AUC { $a } 对 { $b }，相差 { $difference }（{ $low } 至 { $high }）。
backtest-ranks-active = 在此前 { $weeks } 周内有过收发货的客户中，其 AUC 为 { $a }，只看最近一次发货为 { $b }。
backtest-skill = 与总体比例相比，其概率使布里尔评分改善 { $skill }（{ $low } 至 { $high }）；平均偏差 { $error } 个百分点。

## 对连锁项的结论
backtest-cascade-supported = 历史支持连锁项：失去伙伴的客户此后流失的次数，多于自身流失与偶然所能解释的。
backtest-cascade-not-supported = 历史不支持连锁项：它只作为假设显示。
backtest-cascade-too-few = 历史中的事件太少，无法评判连锁项：它只作为假设显示。
backtest-cascade-events = 有 { $customers } 个客户曾在某一时期失去伙伴；这 { $exposed } 例中有 { $departures } 例在下一时期没有发货。
backtest-cascade-lagged = 就全部类别而言，伙伴在上一时期失去时，强度为 { $kappa }（{ $low } 至 { $high }）；若把伙伴随机互换，平均为 { $placebo }，二十次中有一次超过 { $high-placebo }。
backtest-cascade-same = 伙伴在同一时期失去时为 { $kappa }（{ $low } 至 { $high }），其中混有共同原因。
backtest-cascade-ranking = 按各日期已学到的强度加到自身流失上，AUC 变动 { $difference }（{ $low } 至 { $high }）。

## 对发货日数的结论
backtest-days-supported = 发货日总数与预期相符：预期 { $expected }，实际 { $seen }。
backtest-days-too-low = 发货日数被低估：预期 { $expected }，实际 { $seen }。
backtest-days-too-high = 发货日数被高估：预期 { $expected }，实际 { $seen }。
backtest-days-too-few = 实际发货日太少，无法评判预期数。
backtest-days-share = 预期数为实际数的 { $share }。

## 对季节的结论
backtest-season-seen = 存在预期未能反映的季节性：淡季没有发货还不是流失的信号。
backtest-season-not-seen = 没有预期未能反映的季节性。
backtest-season-too-few = 日期太少或相隔太近，无法判断季节性；淡季没有发货可能被误认为流失。
backtest-season-quarters = 按预测期中点所在季度，实际与预期发货日之比：最低为第 { $low-quarter } 季度的 { $low }，最高为第 { $high-quarter } 季度的 { $high }（纯属偶然的可能为 { $chance }）。

## 对线路损失的结论
backtest-links-supported = 线路的损失概率可以当作线路不再发货的概率。
backtest-links-not-supported = 线路的损失概率不可当作线路不再发货的概率：两端客户都还在时，线路也可能终止。
backtest-links-too-few = 事件太少，无法评判线路的损失概率。
backtest-links-events = 预测期内 { $observations } 条线路中有 { $events } 条没有发货，预期为 { $expected } 条。
backtest-links-skill = 相对总体比例，其布里尔技巧分为 { $skill }（{ $low } 至 { $high }）；线路自身发货日的技巧分为 { $own }。

## 名称
backtest-component-links = 线路损失
backtest-component-own = 自身流失
backtest-component-cascade = 连锁项
backtest-component-days = 发货日数
backtest-component-season = 季节
backtest-word-supported = 支持
backtest-word-not-supported = 不支持
backtest-word-too-few = 事件太少
backtest-word-too-low = 偏低
backtest-word-too-high = 偏高
backtest-word-seen = 有
backtest-word-not-seen = 未见
backtest-predictor-own = 自身流失
backtest-predictor-cascade = 自身＋连锁，默认强度
backtest-predictor-learnt = 自身＋连锁，学得强度
backtest-predictor-recency = 只看最近一次发货
backtest-predictor-frequency = 只看发货频率
backtest-group-all = 全部客户
backtest-group-active = 近期活跃
backtest-group-shippers = 发货人
backtest-group-consignees = 收货人
backtest-group-links = 线路
backtest-metric-auc = AUC
backtest-metric-precision = 平均精度
backtest-metric-brier = 布里尔评分
backtest-metric-skill = 布里尔技巧分
backtest-metric-error = 校准误差
backtest-metric-lift = 前十分之一提升
backtest-class-shipper-controls = 发货人，掌握承运选择
backtest-class-shipper-does-not = 发货人，不掌握
backtest-class-shipper-unknown = 发货人，不详
backtest-class-consignee-controls = 收货人，掌握承运选择
backtest-class-consignee-does-not = 收货人，不掌握
backtest-class-consignee-unknown = 收货人，不详

## 页面
backtest-title = 回测：{ $from }至{ $to }
backtest-intro = 在相隔 { $days } 天的 { $dates } 个过去日期，Hawser 只用各日期之前已知的数据，推算谁会在此后 { $weeks } 周内没有发货，并与实际结果对照：共对 { $customers } 个客户作出 { $observations } 次预测，其中 { $events } 次以没有发货告终。
backtest-intervals = 除另有说明外，区间均为 90%，以客户为单位作自助抽样得出。
backtest-verdicts = 结论
backtest-table = 全部数字
backtest-head-group = 对象
backtest-head-predictor = 预测方法
backtest-head-predictions = 预测数
backtest-head-events = 没有发货
backtest-numbers = 数字
backtest-model = 模型：{ $version }。学习强度时业务量按{ $basis }计。
backtest-basis-revenue = 收入
backtest-basis-weight = 重量
backtest-basis-shipments = 票数
backtest-plot-auc = 谁的排序最好
backtest-plot-auc-alt = 各预测方法在全部日期上的 AUC 及区间。{ $values }
backtest-plot-auc-read = 越靠右，越能把没有发货的客户与其他客户区分开；0.5 为随机。AUC 最高的是{ $best }，为 { $value }。
backtest-plot-dates = 各日期的 AUC：{ $predictor }
backtest-plot-dates-alt = { $predictor }在各日期的 AUC 及区间，从 { $low } 到 { $high }。
backtest-plot-dates-read = 介于 { $low } 与 { $high } 之间；0.5 处的线为随机。
backtest-plot-curve = 概率是否可信：{ $predictor }
backtest-plot-curve-alt = { $predictor }的预测概率与实际没有发货的比例，共 { $bins } 组。{ $values }
backtest-plot-curve-read = 在对角线上，30% 的概率十次中有三次成真；{ $predictor }平均偏差 { $error } 个百分点。竖线为威尔逊 90% 区间。
backtest-plot-curve-none = 没有概率：在任何日期都还不知道更早日期的结果。
backtest-plot-lift = 名单前十分之一值多少
backtest-plot-lift-alt = 各预测方法的前十分之一提升及区间。{ $values }
backtest-plot-lift-read = 在{ $best }排在最前的十分之一客户中，没有发货的比例是总体的 { $value } 倍；1 为随机。
backtest-plot-days = 预期与实际的发货日
backtest-plot-days-alt = 各日期预测期内全部客户的发货日：预期与实际。{ $values }
backtest-plot-days-read = 预期（方块、虚线）与实际（圆点）：全部日期合计 { $expected } 对 { $seen }。
backtest-plot-kappa = 各类别的连锁强度
backtest-plot-kappa-alt = 各类别的强度 kappa：学得值及区间、默认值与安慰剂对照。{ $values }
backtest-plot-kappa-read = 圆点：默认值与历史结合后的强度及其区间。方块：默认值。阴影：伙伴随机互换时可达之处。历史单薄时圆点靠近默认值；数字表中的结论仅凭历史得出。
backtest-axis-auc = AUC
backtest-axis-predicted = 预测概率
backtest-axis-lift = 相对总体比例的倍数
backtest-axis-kappa = 强度
backtest-value = { $name }：{ $value }。
backtest-value-interval = { $name }：{ $value }（{ $low } 至 { $high }）。
backtest-head-date = 截至日期
backtest-head-expected = 预期
backtest-head-seen = 实际
backtest-head-predicted = 预测
backtest-head-observed = 实际比例
backtest-head-count = 数量
backtest-head-class = 类别
backtest-head-kappa = 强度
backtest-head-prior = 默认值
backtest-head-alone = 仅凭历史
backtest-head-placebo = 对照上限
backtest-head-exposed = 受影响客户
backtest-head-verdict = 结论
